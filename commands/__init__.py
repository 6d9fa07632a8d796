"""What people say to the bot: commands, modals, buttons. Thin: parse, permission, service, view."""
