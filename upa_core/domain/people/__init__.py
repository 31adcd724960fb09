"""What is known of a person: attributes, changes, mapping, scope, shadow and escrow."""
