module github.com/payhub/payhub

go 1.26.0
