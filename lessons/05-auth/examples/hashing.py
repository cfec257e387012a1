from pwdlib import PasswordHash

PASSWORDS = PasswordHash.recommended()

for_rosa = PASSWORDS.hash("tomatosoup")
for_tim = PASSWORDS.hash("tomatosoup")

_, kind, version, costs, salt, digest = for_rosa.split("$")
print(kind, version, costs, sep=" | ")
print("same password, same hash:", for_rosa == for_tim)
print("tomatosoup fits:", PASSWORDS.verify("tomatosoup", for_rosa))
print("tomatosalad fits:", PASSWORDS.verify("tomatosalad", for_rosa))
