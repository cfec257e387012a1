from names import app

operation = app.openapi()["paths"]["/tables"]["get"]
for parameter in operation["parameters"]:
    print(parameter["name"], "in", parameter["in"])
    print("    deprecated:", parameter.get("deprecated"))
