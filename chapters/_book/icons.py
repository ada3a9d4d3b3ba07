"""The few icons of the theme's controls, drawn as strokes on a grid of 24 by 24."""

_PATHS = {
    "bars": "M4 6h16M4 12h16M4 18h16",
    "list": "M9 6h11M9 12h11M9 18h11M4 6h.5M4 12h.5M4 18h.5",
    "sun": "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2"
    "M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19",
    "moon": "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
    "circle-half-stroke": "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 3v18M12 7h5.5M12 12h9M12 17h5.5",
    "magnifying-glass": "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM15.5 15.5L21 21",
    "download": "M12 4v11M7 10.5l5 5l5-5M4 20h16",
    "code": "M8 6l-6 6l6 6M16 6l6 6l-6 6",
    "file": "M6 3h8l4 4v14H6zM14 3v4h4",
    "file-pdf": "M6 3h8l4 4v14H6zM14 3v4h4M9 13h6M9 17h6",
    "angle-left": "M15 5l-7 7l7 7",
    "angle-right": "M9 5l7 7l-7 7",
    "chevron-down": "M5 9l7 7l7-7",
    "chevron-right": "M9 5l7 7l-7 7",
    "arrow-up": "M12 20V4M5 11l7-7l7 7",
}

_SVG = (
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='black' "
    "stroke-width='2' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='{path}'/%3E"
    "%3C/svg%3E"
)


def stylesheet() -> str:
    """CSS that shows each icon as a mask filled with the colour of the text around it."""
    rules = [
        ".fas, .fa-solid, .fa-regular { display: inline-block; width: 1.05em; height: 1.05em;"
        " vertical-align: -0.13em; background: currentColor; -webkit-mask: var(--icon)"
        " center / contain no-repeat; mask: var(--icon) center / contain no-repeat; }",
    ]
    for name, path in _PATHS.items():
        url = f'url("data:image/svg+xml,{_SVG.format(path=path)}")'
        rules.append(f".fa-{name} {{ --icon: {url}; }}")
    return "\n".join(rules) + "\n"
