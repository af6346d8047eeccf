"""Taking volumes out of engines and putting them back, over byte streams. Knows no database.

carrier.py makes the container through which the engine gives a volume's files, halting.py stops or pauses who uses
it meanwhile, moving.py moves the bytes, archive.py is the file they are kept in.
"""
