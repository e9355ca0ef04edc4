"""Tests of plan/wakeups: each rule by examples."""
