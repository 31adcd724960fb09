"""The rules about a person: attributes, changes, mapping, scope, shadow and escrow."""
