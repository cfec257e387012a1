from collections import deque

calls: deque[str] = deque(maxlen=3)
for dish in ["soup", "steak", "cake", "tea"]:
    calls.append(dish)
print(list(calls))
