module kubemetrics.example/control-plane/images/load

go 1.26.0
