"""What makes a training fast, or lets several devices share it, rather than what it means."""
