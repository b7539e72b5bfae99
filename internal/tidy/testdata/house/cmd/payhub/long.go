// Command payhub is a long file. // offends: file-length
package main

func main() {}

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more

// more
