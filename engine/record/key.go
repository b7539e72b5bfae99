package record

// partitionShift is the number of low bits of a key that count; the 13 bits above them are the
// partition (Zeebe's layout: the first key of partition 1 is 2251799813685249).
const partitionShift = 51

// MaxPartitions is the number of partitions a key can tell apart.
const MaxPartitions = 1 << 13

// Key builds a key from a partition id (from 1) and that partition's counter.
func Key(partition int32, counter int64) int64 {
	return int64(partition)<<partitionShift + counter
}

// PartitionOf is the partition that made the key; 0 or less for numbers that are no key.
func PartitionOf(key int64) int32 { return int32(key >> partitionShift) }

// CounterOf is the counter part of a key.
func CounterOf(key int64) int64 { return key & (1<<partitionShift - 1) }

// PartitionForCorrelationKey routes a correlation key to one of count partitions as Zeebe does:
// a 31-hash over the key's bytes taken as signed, with 32-bit overflow. An empty key goes to
// partition 1.
func PartitionForCorrelationKey(correlationKey string, count int32) int32 {
	var h int32
	for i := 0; i < len(correlationKey); i++ {
		h = 31*h + int32(int8(correlationKey[i]))
	}
	p := h % count
	if p < 0 {
		p = -p
	}
	return p + 1
}
