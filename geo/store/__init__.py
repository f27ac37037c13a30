"""The store: one SQLite file and the services that read and change it. Each service checks the scope it is given."""
