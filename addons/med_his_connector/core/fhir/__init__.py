"""FHIR R4: what is read of it, and what its sender is told.

Readers are written by hand over an allow list of elements; whatever is not on it is
dropped before anything is stored. Source: HL7 FHIR R4 (4.0.1).
"""
