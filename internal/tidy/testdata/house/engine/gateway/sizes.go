// Package gateway has things that are too large.
package gateway

// Wide has many fields and methods.
type Wide struct { // offends: type-size type-size
	F0  int
	F1  int
	F2  int
	F3  int
	F4  int
	F5  int
	F6  int
	F7  int
	F8  int
	F9  int
	F10 int
	F11 int
	F12 int
	F13 int
	F14 int
	F15 int
	F16 int
	F17 int
	F18 int
	F19 int
	F20 int
}

// M0 does nothing.
func (Wide) M0() {}

// M1 does nothing.
func (Wide) M1() {}

// M2 does nothing.
func (Wide) M2() {}

// M3 does nothing.
func (Wide) M3() {}

// M4 does nothing.
func (Wide) M4() {}

// M5 does nothing.
func (Wide) M5() {}

// M6 does nothing.
func (Wide) M6() {}

// M7 does nothing.
func (Wide) M7() {}

// M8 does nothing.
func (Wide) M8() {}

// M9 does nothing.
func (Wide) M9() {}

// M10 does nothing.
func (Wide) M10() {}

// M11 does nothing.
func (Wide) M11() {}

// M12 does nothing.
func (Wide) M12() {}

// M13 does nothing.
func (Wide) M13() {}

// M14 does nothing.
func (Wide) M14() {}

// M15 does nothing.
func (Wide) M15() {}

// M16 does nothing.
func (Wide) M16() {}

// M17 does nothing.
func (Wide) M17() {}

// M18 does nothing.
func (Wide) M18() {}

// M19 does nothing.
func (Wide) M19() {}

// M20 does nothing.
func (Wide) M20() {}

// M21 does nothing.
func (Wide) M21() {}

// M22 does nothing.
func (Wide) M22() {}

// M23 does nothing.
func (Wide) M23() {}

// M24 does nothing.
func (Wide) M24() {}

// M25 does nothing.
func (Wide) M25() {}

func long() (n int) { // offends: function-length
	n += 0
	n += 1
	n += 2
	n += 3
	n += 4
	n += 5
	n += 6
	n += 7
	n += 8
	n += 9
	n += 10
	n += 11
	n += 12
	n += 13
	n += 14
	n += 15
	n += 16
	n += 17
	n += 18
	n += 19
	n += 20
	n += 21
	n += 22
	n += 23
	n += 24
	n += 25
	n += 26
	n += 27
	n += 28
	n += 29
	n += 30
	n += 31
	n += 32
	n += 33
	n += 34
	n += 35
	n += 36
	n += 37
	n += 38
	n += 39
	n += 40
	n += 41
	n += 42
	n += 43
	n += 44
	n += 45
	n += 46
	n += 47
	n += 48
	n += 49
	n += 50
	n += 51
	n += 52
	n += 53
	n += 54
	n += 55
	n += 56
	n += 57
	n += 58
	n += 59
	n += 60
	n += 61
	n += 62
	n += 63
	n += 64
	n += 65
	n += 66
	n += 67
	n += 68
	n += 69
	n += 70
	n += 71
	n += 72
	n += 73
	n += 74
	return n
}

var _ = long
