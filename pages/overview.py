"""总览."""

import streamlit as st

st.header("overview")
