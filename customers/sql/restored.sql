-- What a customer becomes where an undo takes it back to the image `i`: an expression, of the stored row `t` and the
-- bits `h.held` of the consents that stay withdrawn. Its key is the one that its identifiers make by today's priority.
-- What it was known by before stays known, with what the undo takes away: orders may have come under that.
-- A flag that it changes counts as changed by staff (customers/overrides.py).
-- A list that is held, or an attribute that was true, is what the row has, which may be nothing.
i.image || jsonb_build_object(
    'match_key', coalesce(CASE WHEN %(priority)s = 'email' THEN {email} END, {customer_id}, {email}, i.image->>'match_key'),
    {former},
    {flags},
    'given', (i.image->>'given')::int | {given},
    'overridden', {overridden},
    'withdrawn_by_staff', {withdrawn},
    'mailing_lists', CASE WHEN h.held & {lists} = 0 THEN i.image->'mailing_lists' ELSE (
        SELECT coalesce(jsonb_agg(l.name ORDER BY l.place), '[]')
          FROM jsonb_array_elements_text(i.image->'mailing_lists') WITH ORDINALITY AS l(name, place)
         WHERE l.name = ANY (t.mailing_lists)) END,
    'attributes', CASE WHEN h.held & {attributes} = 0 THEN i.image->'attributes' ELSE (
        SELECT coalesce(jsonb_object_agg(a.name, a.kept) FILTER (WHERE a.kept IS NOT NULL), '{{}}')
          FROM (SELECT e.key AS name, CASE WHEN e.value = 'true' THEN t.attributes->e.key ELSE e.value END AS kept
                  FROM jsonb_each(i.image->'attributes') e) a) END)
