"""To come."""

import streamlit as st

st.title("add_video")
