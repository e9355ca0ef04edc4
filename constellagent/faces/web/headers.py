"""The headers of every answer: what the page may do, and that nothing of ours is kept or shown elsewhere."""

from collections.abc import Mapping

POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "  # the editor and the terminal place things by style attributes
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
"""The content security policy: nothing from elsewhere, no inline script, no eval."""

ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries, errors and upgrades among them."""

NO_STORE = "no-store"
"""The caching of all that says nothing else."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""The caching of files whose name changes with their content."""

REVALIDATE = "no-cache"
"""The caching of what may be kept but must be asked for each time."""
