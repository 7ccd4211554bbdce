"""What tells one spec from another: a digest of what it says."""

from __future__ import annotations

import hashlib

from engine.model import System


def digest_of(system: System) -> str:
    """SHA-256 (hex) of what the spec says; samples, positions, layout and comments say nothing."""
    said = [
        system.name,
        system.format,
        system.timezone,
        [
            [
                kind.name,
                kind.role,
                kind.template and kind.template.parts,
                kind.where,
                sorted(kind.after),
                kind.mappings,
                kind.readings,
                kind.attributes,
                kind.keeps_all,
                kind.keeps_parts,
            ]
            for kind in system.kinds
        ],
        system.join,
        system.merge,
        system.first_line and system.first_line.parts,
        system.redactions,
        system.raw,
    ]
    # Plain values all through, whose repr is the same in every process.
    return hashlib.sha256(repr(said).encode()).hexdigest()
