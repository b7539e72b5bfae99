package raftlog

// DataFormat is the version of the data folder that this program writes. Nodes tell it to each
// other: data of a newer version must not reach a node that cannot read it.
func DataFormat() int { return dataFormat }
