"""The pages. Streamlit runs each as a script, from top to bottom, at every click."""
