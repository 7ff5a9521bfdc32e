"""Servers of tests that are as GitHub, Forgejo and Gitea publish their APIs.

The JSON files are the part of those that comments need, by extract.py, each with source, version and licence.
"""
