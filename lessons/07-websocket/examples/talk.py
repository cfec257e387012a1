from fastapi.testclient import TestClient
from stations import app

with (
    TestClient(app) as client,
    client.websocket_connect("/stations/grill") as anna,
    client.websocket_connect("/stations/grill") as ben,
    client.websocket_connect("/stations/pastry") as cleo,
):
    anna.send_text("Steak is ready")
    print("Anna hears:", anna.receive_text())
    print("Ben hears:", ben.receive_text())

    cleo.send_text("Cake is ready")
    print("Cleo hears:", cleo.receive_text())

    client.post("/stations/grill/bell")
    print("Ben hears:", ben.receive_text())
