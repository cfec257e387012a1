"""The trusted side of a lesson whose learner writes tests: run them against many builds.

A trial is one run of the learner's tests in a process of its own, against one build of the app.
Of it, one thing is believed: how the process ended. 0 is passed, 1 is failed, all else is broken.
"""
