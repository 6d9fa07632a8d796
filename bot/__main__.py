"""`python -m bot` is the same as `arauto`."""


def main() -> None:
    """Run the command line; ends the process with the command's exit status."""
    from bot.cli import app

    app(prog_name="arauto")


if __name__ == "__main__":
    main()
