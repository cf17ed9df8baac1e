"""The admin's site, its lists of millions of rows and its sidebar; what a page shows is each app's own."""
