from hashlib import sha256

STOLEN = {
    "rosa": sha256(b"tomatosoup").hexdigest(),
    "tim": sha256(b"tomatosoup").hexdigest(),
}

GUESSES = ["123456", "password", "letmein", "spaghetti", "tomatosoup"]

for username, stolen_hash in STOLEN.items():
    for guess in GUESSES:
        if sha256(guess.encode()).hexdigest() == stolen_hash:
            print(f"{username} uses {guess!r}")
