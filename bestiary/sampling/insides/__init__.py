"""What a trained network looks at and keeps while it answers: tables and pictures for `bestiary inspect`."""
