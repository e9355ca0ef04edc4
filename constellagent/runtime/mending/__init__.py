"""Finding what a crash, a person or a broken disk left half done, and mending it while no daemon runs.

Each area looks, says what follows from what it saw (the pure part, in `judging`), and acts only on what a
second look shows just as well. What is unknown, or not ours, is never touched.
"""
