SELECT current_setting('log_min_error_statement') NOT IN ('fatal', 'panic') OR current_setting('log_error_verbosity') <> 'terse'
;
