"""The pages. Streamlit runs each as a script, from top to bottom, at every click.

The folder is not called ``pages``: Streamlit would take it for a navigation of its own.
"""
