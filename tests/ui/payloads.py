"""Thirty ways in which a document may try to do something on the page."""

__all__ = ["PAYLOADS"]

HOST = "http://evil.test"

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    f"<img src={HOST}/i.png>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    f"<iframe src={HOST}></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1)>click</a>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    f"<link rel=stylesheet href={HOST}/s.css>",
    f"<style>@import '{HOST}/s.css'; body {{ display: none }}</style>",
    f"<div style='background: url({HOST}/b.png)'>",
    f"<meta http-equiv=refresh content='0;url={HOST}'>",
    f"<base href={HOST}>",
    f"<form action={HOST}><button autofocus onfocus=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    f"<object data={HOST}></object>",
    f"<embed src={HOST}>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "</p></article></div><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    f"![image]({HOST}/i.png) [link](javascript:alert(1))",
    "$\\href{javascript:alert(1)}{x}$ :material/home: :red[text]",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)}",
]
