"""What is wrong or odd in a text, how to mend it, and what trainings would cost."""
