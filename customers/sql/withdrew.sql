-- The bits of the consents that the image `i` of a customer grants and the row `t` does not: an undo would give these
-- back. All that are granted, where there is no row any more.
CASE WHEN i.image IS NULL THEN 0 ELSE
    {flags} +
    EXISTS (SELECT 1 FROM jsonb_array_elements_text(i.image->'mailing_lists') AS l(name)
             WHERE t.mailing_lists @> ARRAY[l.name] IS NOT TRUE)::int * {lists} +
    EXISTS (SELECT 1 FROM jsonb_each(i.image->'attributes') e
             WHERE e.value = 'true' AND t.attributes->e.key IS DISTINCT FROM 'true')::int * {attributes}
END
