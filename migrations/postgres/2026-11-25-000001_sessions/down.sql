DROP TABLE registrations;
DROP TABLE sessions;
