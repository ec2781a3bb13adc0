"""Ways in and out for other graph libraries: networkx and py2neo."""
