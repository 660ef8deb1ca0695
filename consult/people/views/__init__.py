"""Pages of people: `accounts` entering, leaving, own data; `organisations` whom one speaks for."""
