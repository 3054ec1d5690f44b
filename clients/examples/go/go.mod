module siwn.example

go 1.19
