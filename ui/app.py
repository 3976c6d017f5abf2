"""The web page: ``bertrieve ui``, or ``streamlit run ui/app.py``; `.streamlit` beside it has its settings."""

from ui.page.main import show

if __name__ == "__main__":
    show()
