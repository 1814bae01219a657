module kubemetrics.example/suites/accepted-authorities

go 1.26.0
