"""The page: the only package, with app.py, that imports gradio."""
