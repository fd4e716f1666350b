"""Claims on customers (登记) and conflicts between them (撞单): who wrote a customer into the register, and when."""
