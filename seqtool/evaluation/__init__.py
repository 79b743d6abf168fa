"""Models of any kind on data, as evaluation artifacts; comparison."""
