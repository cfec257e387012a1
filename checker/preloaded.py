"""Imported for what it imports: all that suites and the plugin use, before they are forked."""

import concurrent.futures.thread
import sqlite3

import dirty_equals
import httpcore2
import jwt
import pytest

import checker.client
import checker.facts
import checker.plugin
import checker.socket_client
import checker.source
import checker.trouble
