"""An administrator's decisions: controls, holds, requests for people, forget."""
