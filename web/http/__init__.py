"""HTTP as every route needs it: forms, conditional answers, limits, responses."""
