"""Who may come in: on this machine anybody who can reach the page, elsewhere whoever knows the password.

The page serves the text of private documents. So where Streamlit listens on more than this machine, nothing
of the index is opened before the password that BERTRIEVE_PASSWORD holds was given; without one there, nobody
comes in.
"""

import hmac
import os
import time

import streamlit as st

from ui.page.cards import notice
from ui.page.labels import Labels

__all__ = ["admitted", "on_this_machine"]

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
VARIABLE = "BERTRIEVE_PASSWORD"
WAIT_SECONDS = 1.0  # after a wrong one: guessing takes its time


def on_this_machine() -> bool:
    """Whether only people at this machine can reach the page."""
    return st.get_option("server.address") in LOOPBACK


def admitted(labels: Labels) -> bool:
    """Whether this session may see the index; asks for the password where it is needed."""
    if on_this_machine() or st.session_state.get("admitted"):
        return True
    password = os.environ.get(VARIABLE, "")
    if not password:
        st.html(notice(labels.closed_title, [labels.closed.format(VARIABLE)], role="alert"))
        return False
    with st.container(key="make"), st.form("entry", border=False):
        given = st.text_input(labels.password, type="password", key="password")
        if st.form_submit_button(labels.enter, type="primary"):
            if hmac.compare_digest(given.encode("utf-8", "replace"), password.encode("utf-8", "replace")):
                st.session_state["admitted"] = True
                st.rerun()
            time.sleep(WAIT_SECONDS)
            st.html(notice(labels.closed_title, [labels.wrong_password], role="alert"))
    return False
