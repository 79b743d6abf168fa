"""Word vectors and the ecosystem's formats for them."""
