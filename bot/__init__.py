"""Arauto, the bot, from the inside out.

`domain` (the rules, pure) <- `ports` (the sockets) <- `services` (the use cases) <- `commands` and `runtime` <- `app`
(the only place that knows every concrete class) <- `__main__`. Beside the services stand the adapters: `whatsapp`
(Meta), `slack` (views and posting) and the top-level package `storage`. `simulator` imports nothing of ours.
"""
