"""`make run`: the services, the migrations, then the parts that the Procfile names."""
