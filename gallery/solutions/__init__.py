"""Solutions: machines from Azure's gallery and an application of images from Docker Hub, as one.

types: what a solution is; loader: the built-in ones, read from data/.
"""
