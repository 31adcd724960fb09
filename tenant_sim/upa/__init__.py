"""The user profile application: profiles, their schema, and the timer job that imports files into them."""
